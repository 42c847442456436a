;; world: task
;; Lets go of a set that has a call in it.
(module
  (import "[export]dormouse:background/background-task@0.1.0" "[task-return]run" (func $task-return (param i32 i32 i32 i32)))
  (import "dormouse:background/waiting@0.1.0" "[async-lower]sleep" (func $sleep (param i32 i32 i32) (result i32)))
  (import "$root" "[waitable-set-new]" (func $set-new (result i32)))
  (import "$root" "[waitable-set-drop]" (func $set-drop (param i32)))
  (import "$root" "[waitable-join]" (func $join (param i32 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (global $set (mut i32) (i32.const 0))
  (func (export "[async-lift]dormouse:background/background-task@0.1.0#run") (param $run i32) (result i32)
    (global.set $set (call $set-new))
    (call $join (i32.shr_u (call $sleep (local.get $run) (i32.const 86400000) (i32.const 1024)) (i32.const 4)) (global.get $set))
    (call $set-drop (global.get $set))
    unreachable)
  (func (export "[callback][async-lift]dormouse:background/background-task@0.1.0#run") (param $event i32) (param $of i32) (param $code i32) (result i32)
    unreachable))
