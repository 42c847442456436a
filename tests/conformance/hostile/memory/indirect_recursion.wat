;; world: task-sync
;; Calls itself through a table until the stack is full.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (type $deeper (func (param i64) (result i64)))
  (table funcref (elem $deeper))
  (func $deeper (type $deeper) (i64.add (call_indirect (type $deeper) (local.get 0) (i32.const 0)) (local.get 0)))
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (drop (call $deeper (i64.const 1)))
    unreachable))
