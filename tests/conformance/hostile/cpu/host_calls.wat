;; world: task-sync
;; Calls the host without end, and does nothing itself.
(module
  (import "dormouse:background/instance@0.1.0" "[method]background-task-instance.set-progress" (func $set-progress (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (loop $forever
      (call $set-progress (local.get $run) (i32.const 1))
      (br $forever))
    unreachable))
