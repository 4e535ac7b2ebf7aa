//! The platform's own file dialogs, asked without stopping the window.

use std::sync::Arc;

use super::{Answer, Jobs};
use crate::formats::FORMATS;
use crate::formats::writing::Target;

impl Jobs {
    /// Asks the person where to save a file, without stopping the window.
    pub fn pick_save(&self, name: &str) {
        let dialog = rfd::AsyncFileDialog::new()
            .set_title("Save")
            .set_file_name(name);
        let chosen = dialog.save_file();
        self.spawn("save dialog", Arc::default(), move |_, answer| {
            let file = block_on(chosen).map(|file| file.path().to_owned());
            answer(file.map(Answer::SaveTo));
        });
    }

    /// Asks the person for a folder with the platform's own dialog, without stopping the window.
    pub fn pick_folder(&self) {
        let dialog = rfd::AsyncFileDialog::new().set_title("Open a folder as worklist");
        let chosen = dialog.pick_folder();
        self.spawn("folder dialog", Arc::default(), move |_, answer| {
            let folder = block_on(chosen).map(|folder| folder.path().to_owned());
            answer(Some(Answer::Picked(folder.into_iter().collect())));
        });
    }

    /// Asks the person for files with the platform's own dialog, without stopping the window.
    pub fn pick_files(&self) {
        // The dialog is made on this thread, as macOS wants it, and waited for on another.
        let mut dialog = rfd::AsyncFileDialog::new().set_title("Open tracings");
        let mut known: Vec<&str> = FORMATS
            .iter()
            .flat_map(|format| format.extensions)
            .copied()
            .collect();
        known.sort_unstable();
        known.dedup();
        dialog = dialog
            .add_filter("Tracings", &known)
            .add_filter("All files", &["*"]);
        let chosen = dialog.pick_files();
        self.spawn("open dialog", Arc::default(), move |_, answer| {
            let files = block_on(chosen).unwrap_or_default();
            answer(Some(Answer::Picked(
                files.iter().map(|file| file.path().to_owned()).collect(),
            )));
        });
    }

    /// Asks where a copy goes, in the same way; the format is told by the name's extension.
    pub fn pick_target(&self, generation: u64, name: &str, without_identity: bool) {
        let mut dialog = rfd::AsyncFileDialog::new()
            .set_title("Save a copy")
            .set_file_name(format!("{name}.{}", Target::Dicom.extension()));
        for target in Target::ALL {
            dialog = dialog.add_filter(target.name(), &[target.extension()]);
        }
        let chosen = dialog.save_file();
        self.spawn("save dialog", Arc::default(), move |_, answer| {
            let file = block_on(chosen);
            answer(file.map(|file| Answer::PickedTarget {
                generation,
                path: file.path().to_owned(),
                without_identity,
            }));
        });
    }
}

/// Waits for a future on this thread.
pub(in crate::viewer) fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        std::thread::park();
    }
}
