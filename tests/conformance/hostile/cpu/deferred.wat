;; world: task
;; Returns, holds a deferral, and spins in the task that it left.
(module
  (import "[export]dormouse:background/background-task@0.1.0" "[task-return]run" (func $task-return (param i32 i32 i32 i32)))
  (import "dormouse:background/instance@0.1.0" "[method]background-task-instance.get-deferral" (func $get-deferral (param i32 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "[async-lift]dormouse:background/background-task@0.1.0#run") (param $run i32) (result i32)
    (call $get-deferral (local.get $run) (i32.const 1024))
    (call $task-return (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
    (i32.const 1))
  (func (export "[callback][async-lift]dormouse:background/background-task@0.1.0#run") (param $event i32) (param $of i32) (param $code i32) (result i32)
    (loop $forever (br $forever))
    unreachable))
