;; world: task
;; Cancels calls that are under way, over and over, and ends.
(module
  (import "[export]dormouse:background/background-task@0.1.0" "[task-return]run" (func $task-return (param i32 i32 i32 i32)))
  (import "dormouse:background/waiting@0.1.0" "[async-lower]sleep" (func $sleep (param i32 i32 i32) (result i32)))
  (import "$root" "[subtask-cancel]" (func $subtask-cancel (param i32) (result i32)))
  (import "$root" "[subtask-drop]" (func $subtask-drop (param i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "[async-lift]dormouse:background/background-task@0.1.0#run") (param $run i32) (result i32)
    (local $left i32)
    (local $of i32)
    (local.set $left (i32.const 10000))
    (loop $more
      (local.set $of (i32.shr_u (call $sleep (local.get $run) (i32.const 86400000) (i32.const 1024)) (i32.const 4)))
      (drop (call $subtask-cancel (local.get $of)))
      (call $subtask-drop (local.get $of))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $more (local.get $left)))
    (call $task-return (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
    (i32.const 0))
  (func (export "[callback][async-lift]dormouse:background/background-task@0.1.0#run") (param $event i32) (param $of i32) (param $code i32) (result i32)
    unreachable))
