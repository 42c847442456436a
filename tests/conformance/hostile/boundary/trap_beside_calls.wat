;; world: task
;; Traps while calls are under way (GHSA-hmwq-g22x-qjw5).
(module
  (import "[export]dormouse:background/background-task@0.1.0" "[task-return]run" (func $task-return (param i32 i32 i32 i32)))
  (import "dormouse:background/waiting@0.1.0" "[async-lower]sleep" (func $sleep (param i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "[async-lift]dormouse:background/background-task@0.1.0#run") (param $run i32) (result i32)
    (local $left i32)
    (local.set $left (i32.const 100))
    (loop $more
      (drop (call $sleep (local.get $run) (i32.const 1) (i32.const 1024)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $more (local.get $left)))
    unreachable)
  (func (export "[callback][async-lift]dormouse:background/background-task@0.1.0#run") (param $event i32) (param $of i32) (param $code i32) (result i32)
    unreachable))
