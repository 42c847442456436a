;; world: task-sync
;; Calls the host where it is to free what it answered.
(module
  (import "dormouse:background/instance@0.1.0" "[method]background-task-instance.set-progress" (func $set-progress (param i32 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "cabi_post_dormouse:background/background-task-sync@0.1.0#run") (param i32) (call $set-progress (i32.const 1) (i32.const 1)))
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (i32.const 0)))
