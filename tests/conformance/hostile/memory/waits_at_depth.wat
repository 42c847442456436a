;; world: task-sync
;; Sleeps at each level of a recursion: its stack is put aside each time.
(module
  (import "dormouse:background/waiting-sync@0.1.0" "sleep" (func $sleep (param i32 i32 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (global $run (mut i32) (i32.const 0))
  (func $deeper (param i32) (result i32)
    (if (i32.eqz (i32.and (local.get 0) (i32.const 1023)))
      (then (call $sleep (global.get $run) (i32.const 1) (i32.const 1024))))
    (i32.add (call $deeper (i32.add (local.get 0) (i32.const 1))) (local.get 0)))
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (global.set $run (local.get $run))
    (drop (call $deeper (i32.const 0)))
    unreachable))
