;; world: task-sync
;; Two functions that call each other until the stack is full.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func $one (param i64) (result i64) (i64.add (call $two (local.get 0)) (local.get 0)))
  (func $two (param i64) (result i64) (i64.mul (call $one (local.get 0)) (local.get 0)))
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (drop (call $one (i64.const 1)))
    unreachable))
