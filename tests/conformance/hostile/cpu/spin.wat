;; world: task-sync
;; Spins in `run`.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param i32) (result i32)
    (loop $forever (br $forever))
    unreachable))
