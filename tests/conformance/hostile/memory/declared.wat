;; world: task-sync
;; Declares more memory than its run may have.
(module
  (memory (export "memory") 1024)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (i32.const 0)))
