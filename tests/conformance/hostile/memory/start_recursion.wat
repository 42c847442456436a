;; world: task-sync
;; Fills the stack in its start function.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func $deeper (param i64) (result i64) (i64.add (call $deeper (local.get 0)) (local.get 0)))
  (func $start (drop (call $deeper (i64.const 1))))
  (start $start)
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (i32.const 0)))
