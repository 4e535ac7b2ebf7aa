//! Painters: each puts a composed sheet on one kind of medium and decides nothing else.
