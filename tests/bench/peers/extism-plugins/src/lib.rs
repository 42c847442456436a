//! The tasks of the bench as plug-ins of Extism, one for each task. `run` is what the host calls.
