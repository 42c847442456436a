;; world: task-sync
;; Takes and touches all memory that there is, and sleeps on it.
(module
  (import "dormouse:background/waiting-sync@0.1.0" "sleep" (func $sleep (param i32 i32 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (local $at i32)
    (block $full
      (loop $more
        (local.set $at (memory.grow (i32.const 16)))
        (br_if $full (i32.eq (local.get $at) (i32.const -1)))
        (memory.fill (i32.shl (local.get $at) (i32.const 16)) (i32.const 0xd0) (i32.const 1048576))
        (br $more)))
    (loop $forever
      (call $sleep (local.get $run) (i32.const 86400000) (i32.const 1024))
      (br $forever))
    unreachable))
