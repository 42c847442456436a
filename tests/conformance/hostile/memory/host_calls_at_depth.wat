;; world: task-sync
;; Calls the host at each level of a recursion: the host must have a stack left.
(module
  (import "dormouse:background/instance@0.1.0" "[method]background-task-instance.set-progress" (func $set-progress (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (global $run (mut i32) (i32.const 0))
  (func $deeper (param i32) (result i32)
    (call $set-progress (global.get $run) (local.get 0))
    (i32.add (call $deeper (i32.add (local.get 0) (i32.const 1))) (local.get 0)))
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (global.set $run (local.get $run))
    (drop (call $deeper (i32.const 0)))
    unreachable))
