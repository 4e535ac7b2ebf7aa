//! A project on disk, under a process that is killed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use heartbeatai::ecg::Recording;
use heartbeatai::formats;
use heartbeatai::review::{
    Change, Claim, Content, Decision, Identity, Mark, Project, Slot, Status, Verdict,
};

/// Names the project for the process that is to be killed; without it that test has nothing to do.
const PROJECT: &str = "HEARTBEATAI_TEST_PROJECT";
fn tracing(project: &mut Project) -> String {
    let identity = Identity::of(&Recording::new("r", "test", 500.0));
    project.see(&identity, None).unwrap();
    identity.content
}

/// What the reader does in one go: mostly a step of three entries that belong together.
fn act(project: &mut Project, tracing: &str, turn: u64) {
    let review = project.review(tracing, "Ada").unwrap();
    let done = match turn % 7 {
        _ if review.status() == Status::Signed => project.amend(tracing, "Ada", "once more"),
        5 if review.can_undo() => project.undo(tracing, "Ada"),
        6 => project.sign(tracing, "Ada"),
        _ => {
            let mark = || Mark::span(Vec::new(), 1.0, 2.0, "seen").ok();
            let step = [
                Change::Mark(2 * turn, mark()),
                Change::Mark(2 * turn + 1, mark()),
                Change::Conclusion(format!("turn {turn}")),
            ];
            project.record(tracing, "Ada", &step)
        }
    };
    done.unwrap();
}

/// The conclusion names the turn that it was entered in, and the marks of that turn are there.
fn is_whole(content: &Content) -> bool {
    let turn = content.conclusion.strip_prefix("turn ");
    match turn.and_then(|turn| turn.parse::<u64>().ok()) {
        Some(turn) => [2 * turn, 2 * turn + 1]
            .iter()
            .all(|id| content.marks.contains_key(id)),
        None => content.is_empty(),
    }
}

/// Not a test of its own: the process that the next one kills.
#[test]
fn a_reader_who_works_until_killed() {
    let Some(path) = std::env::var_os(PROJECT) else {
        return;
    };
    let mut project = Project::open(&PathBuf::from(path)).unwrap();
    let tracing = tracing(&mut project);
    let first = project.log().unwrap().len() as u64;
    for turn in first.. {
        act(&mut project, &tracing, turn);
        // From here on it was promised to be kept.
        let seq = project.log().unwrap().last().unwrap().seq;
        let mut out = std::io::stdout().lock();
        writeln!(out, "\nkept {seq}").unwrap();
        out.flush().unwrap();
    }
}

/// Starts that process, kills it after a while (SIGKILL on Unix), and returns the last event it had been promised.
fn work_and_kill(path: &Path, after: Duration) -> i64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["a_reader_who_works_until_killed", "--exact", "--nocapture"])
        .env(PROJECT, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let kept = |line: std::io::Result<String>| -> Option<i64> {
        line.ok()?.strip_prefix("kept ")?.parse().ok()
    };
    // At least one entry, then at any moment.
    let first = lines.by_ref().find_map(kept).expect("the process works");
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    lines.filter_map(kept).last().unwrap_or(first)
}

#[test]
fn a_process_that_is_killed_at_any_moment_loses_nothing_that_was_entered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("killed.sqlite");
    let mut before = 0;
    for round in 0..25_u64 {
        let promised = work_and_kill(&path, Duration::from_micros(round * round * 137 % 20_011));
        let mut project = Project::open(&path).unwrap();
        let log = project.log().unwrap();
        let last = log.last().unwrap().seq;
        assert!(
            promised > before && last >= promised,
            "{before} {promised} {last}"
        );
        assert_eq!(log.len() as i64, last, "no event is missing in between");
        for event in log.iter().filter(|event| event.slot == Slot::Conclusion) {
            let of_step = log.iter().filter(|other| other.step == event.step).count();
            assert_eq!(of_step, 3, "step {} is there as a whole", event.step);
        }
        let tracing = tracing(&mut project);
        let review = project.review(&tracing, "Ada").unwrap();
        let signed = review.versions.iter().map(|version| &version.content);
        assert!(signed.chain([&review.content]).all(is_whole));
        drop(project);
        let db = rusqlite::Connection::open(&path).unwrap();
        let sound: String = db
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(sound, "ok");
        before = last;
    }
    println!("{before} events were kept through 25 kills");
}

#[test]
fn two_programs_write_into_one_project() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.sqlite");
    let content = tracing(&mut Project::open(&path).unwrap());
    let write = |reader: &'static str| {
        let (path, content) = (path.clone(), content.clone());
        std::thread::spawn(move || {
            let mut project = Project::open(&path).unwrap();
            for turn in 0..40 {
                let conclusion = Change::Conclusion(format!("{reader} {turn}"));
                project.record(&content, reader, &[conclusion]).unwrap();
            }
        })
    };
    let writers = [write("Ada"), write("Bo")];
    for writer in writers {
        writer.join().unwrap();
    }
    let project = Project::open(&path).unwrap();
    assert_eq!(project.log().unwrap().len(), 80);
    for (reader, review) in project.reviews(&content).unwrap() {
        assert_eq!(review.content.conclusion, format!("{reader} 39"));
    }
}

fn run(arguments: &[&str]) -> (bool, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_heartbeatai"))
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.success(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

fn case() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/cases/sinus_rhythm.hea")
}

/// A project in which Ada confirmed the machine's sinus rhythm and rejected its LVH, and Bo differs on AFIB.
fn reviewed(path: &Path) -> String {
    let mut project = Project::open(path).unwrap();
    let identity = Identity::of(&formats::open(&case()).unwrap());
    project.see(&identity, Some(&case())).unwrap();
    let claim = Claim::Machine {
        model: "m".into(),
        probability: 0.7,
        threshold: 0.4,
    };
    let step = [
        Change::Finding("SR".into(), Some(Decision::own(Verdict::Present))),
        Change::Finding("LVH".into(), Some(Decision::on(claim, Verdict::Absent))),
        Change::Conclusion("Nothing to act on.".into()),
    ];
    project.record(&identity.content, "Ada", &step).unwrap();
    identity.content
}

#[test]
fn a_report_is_preliminary_until_it_is_signed_and_prints_nothing_that_was_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let (path, page) = (
        folder.path().join("p.sqlite"),
        folder.path().join("page.svg"),
    );
    let content = reviewed(&path);
    let (path, page_name) = (path.to_str().unwrap(), page.to_str().unwrap());
    let case = case();
    let print = |more: &[&str]| {
        let base = [
            "print",
            case.to_str().unwrap(),
            "-o",
            page_name,
            "--review",
            "--project",
            path,
        ];
        let (done, _, trouble) = run(&[&base[..], more].concat());
        assert!(done, "{trouble}");
        std::fs::read_to_string(&page).unwrap()
    };
    let draft = print(&[]);
    assert!(draft.contains("Preliminary report, not signed") && draft.contains("Sinus rhythm"));
    assert!(draft.contains("Nothing to act on.") && !draft.contains("hypertrophy"));
    let mut project = Project::open(Path::new(path)).unwrap();
    project.sign(&content, "Ada").unwrap();
    let signed = print(&["--reading"]);
    assert!(signed.contains("Report, signed") && signed.contains("Signed by Ada, 20"));
    assert!(!signed.contains("Preliminary") && signed.contains("Machine reading, not confirmed"));
    // A long conclusion gets a page of its own.
    project.amend(&content, "Ada", "more to say").unwrap();
    let long = "A sentence that goes on about what was seen. ".repeat(30);
    project
        .record(&content, "Ada", &[Change::Conclusion(long)])
        .unwrap();
    let amending = print(&[]);
    assert!(
        amending.contains("an amendment is in progress") && !amending.contains("goes on about")
    );
    project.sign(&content, "Ada").unwrap();
    assert!(print(&[]).contains("in full on the last page"));
    let pdf = folder.path().join("page.pdf");
    let base = ["print", case.to_str().unwrap(), "-o", pdf.to_str().unwrap()];
    assert!(run(&[&base[..], &["--review", "--project", path]].concat()).0);
    assert_eq!(lopdf::Document::load(&pdf).unwrap().get_pages().len(), 2);
    let (done, _, trouble) =
        run(&[&base[..], &["--review", "--project", "/nowhere/p.sqlite"]].concat());
    assert!(
        !done && trouble.contains("there is no such project"),
        "{trouble}"
    );
}

#[test]
fn the_command_line_tells_what_happened_and_where_readers_differ() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.sqlite");
    let content = reviewed(&path);
    let mut project = Project::open(&path).unwrap();
    let afib = Change::Finding("AFIB".into(), Some(Decision::own(Verdict::Present)));
    project.record(&content, "Bo", &[afib]).unwrap();
    let path = path.to_str().unwrap();
    let (done, log, _) = run(&["review", "log", "--project", path, "--json"]);
    let events: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(done && events.len() == 4);
    assert_eq!(
        (&events[3]["reader"], &events[3]["key"]),
        (&"Bo".into(), &"AFIB".into())
    );
    assert_eq!(events[1]["after"]["verdict"], "absent");
    assert!(run(&["review", "log", "--project", path]).1.contains("Ada"));
    let (done, found, _) = run(&["review", "agreement", "--project", path, "--json"]);
    let found: serde_json::Value = serde_json::from_str(&found).unwrap();
    assert!(done && found["readers"] == serde_json::json!(["Ada", "Bo"]));
    let differ: Vec<_> = found["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["statement"])
        .collect();
    assert_eq!(differ, ["AFIB", "SR"], "both find LVH absent");
    let out = folder.path().join("out");
    let out = out.to_str().unwrap();
    let export = |more: &[&str]| {
        run(&[
            &[
                "review",
                "export",
                "--project",
                path,
                "--to",
                "cinc",
                "-o",
                out,
            ][..],
            more,
        ]
        .concat())
    };
    let (done, report, left_out) = export(&[]);
    assert!(done && report.contains("\"reviews\":0") && left_out.contains("readers differ"));
    let (done, report, _) = export(&["--reader", "Ada"]);
    assert!(done && report.contains("\"reviews\":1"), "{report}");
    let header = std::fs::read_to_string(Path::new(out).join("reviewed-sinus_rhythm.hea")).unwrap();
    assert!(header.contains("# Dx: 426783006\n"), "{header}");
    let other = folder.path().join("other.sqlite");
    let other = other.to_str().unwrap();
    let (done, report, _) = run(&[
        "review",
        "import",
        out,
        "--project",
        other,
        "--from",
        "cinc",
    ]);
    assert!(done && report.contains("\"reviews\":1"), "{report}");
    let kept = Project::open(Path::new(other))
        .unwrap()
        .review(&content, "Ada")
        .unwrap();
    assert_eq!(
        kept.content,
        project.review(&content, "Ada").unwrap().content
    );
}
