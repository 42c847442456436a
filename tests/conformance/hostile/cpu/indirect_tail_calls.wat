;; world: task-sync
;; Two functions that call each other through a table, in tail position.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (type $void (func))
  (table funcref (elem $one $two))
  (func $one (return_call_indirect (type $void) (i32.const 1)))
  (func $two (return_call_indirect (type $void) (i32.const 0)))
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (call $one)
    unreachable))
