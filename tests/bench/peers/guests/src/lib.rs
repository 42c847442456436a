//! The tasks of the bench as tasks of Dormouse. `task-` is for those that are programs as well, in the same folder.
