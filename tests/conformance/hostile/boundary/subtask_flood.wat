;; world: task
;; Begins to sleep again and again, and waits for none of it.
(module
  (import "[export]dormouse:background/background-task@0.1.0" "[task-return]run" (func $task-return (param i32 i32 i32 i32)))
  (import "dormouse:background/waiting@0.1.0" "[async-lower]sleep" (func $sleep (param i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "[async-lift]dormouse:background/background-task@0.1.0#run") (param $run i32) (result i32)
    (loop $more
      (drop (call $sleep (local.get $run) (i32.const 86400000) (i32.const 1024)))
      (br $more))
    unreachable)
  (func (export "[callback][async-lift]dormouse:background/background-task@0.1.0#run") (param $event i32) (param $of i32) (param $code i32) (result i32)
    unreachable))
