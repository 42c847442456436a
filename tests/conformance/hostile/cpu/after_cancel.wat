;; world: task
;; Waits until it is told to end, and then spins.
(module
  (import "[export]dormouse:background/background-task@0.1.0" "[task-return]run" (func $task-return (param i32 i32 i32 i32)))
  (import "dormouse:background/waiting@0.1.0" "[async-lower]canceled" (func $canceled (param i32 i32) (result i32)))
  (import "$root" "[waitable-set-new]" (func $set-new (result i32)))
  (import "$root" "[waitable-join]" (func $join (param i32 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (global $set (mut i32) (i32.const 0))
  (func (export "[async-lift]dormouse:background/background-task@0.1.0#run") (param $run i32) (result i32)
    (global.set $set (call $set-new))
    ;; The subtask's handle is in the upper bits.
    (call $join (i32.shr_u (call $canceled (local.get $run) (i32.const 1024)) (i32.const 4)) (global.get $set))
    (i32.or (i32.const 2) (i32.shl (global.get $set) (i32.const 4))))
  (func (export "[callback][async-lift]dormouse:background/background-task@0.1.0#run") (param $event i32) (param $of i32) (param $code i32) (result i32)
    (loop $forever (br $forever))
    unreachable))
