//! Training: corpora as they are published, sampling, augmentation, losses, the loop, protocols, metrics.

pub mod corpus;
