;; world: task-sync
;; Means no harm: sleeps until it is told to end, and traps if its memory is not as it left it.
(module
  (import "dormouse:background/waiting-sync@0.1.0" "sleep" (func $sleep (param i32 i32 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (local $at i32)
    (loop $again
      (memory.fill (i32.const 1024) (i32.const 0xd0) (i32.const 61440))
      (call $sleep (local.get $run) (i32.const 5) (i32.const 512))
      (local.set $at (i32.const 1024))
      (loop $look
        (if (i64.ne (i64.load (local.get $at)) (i64.const 0xd0d0d0d0d0d0d0d0)) (then unreachable))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br_if $look (i32.lt_u (local.get $at) (i32.const 62464))))
      (br_if $again (i32.eqz (i32.load8_u (i32.const 512)))))
    (i32.const 0)))
