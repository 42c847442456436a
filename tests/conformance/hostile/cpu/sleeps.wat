;; world: task-sync
;; Gives way without end: each sleep is over at once.
(module
  (import "dormouse:background/waiting-sync@0.1.0" "sleep" (func $sleep (param i32 i32 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (loop $forever
      (call $sleep (local.get $run) (i32.const 0) (i32.const 1024))
      (br $forever))
    unreachable))
