;; world: task-sync
;; Has the host write texts into its memory without end.
(module
  (import "dormouse:background/instance@0.1.0" "[method]background-task-instance.activation" (func $activation (param i32 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (loop $forever
      (call $activation (local.get $run) (i32.const 1024))
      (br $forever))
    unreachable))
