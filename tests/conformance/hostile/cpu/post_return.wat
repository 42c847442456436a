;; world: task-sync
;; Spins where it is to free what it answered.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "cabi_post_dormouse:background/background-task-sync@0.1.0#run") (param i32) (loop $forever (br $forever)))
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (i32.const 0)))
