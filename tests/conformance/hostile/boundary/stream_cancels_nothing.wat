;; world: with-things
;; Cancels a read that it did not begin.
(module
  (import "[export]dormouse:background/background-task@0.1.0" "[task-return]run" (func $task-return (param i32 i32 i32 i32)))
  (import "[export]local:attack/things" "[stream-new-0]pass" (func $stream-new (result i64)))
  (import "[export]local:attack/things" "[stream-cancel-read-0]pass" (func $stream-cancel-read (param i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "local:attack/things#pass") (param i32 i32 i32))
  (func (export "[async-lift]dormouse:background/background-task@0.1.0#run") (param $run i32) (result i32)
    (drop (call $stream-cancel-read (i32.wrap_i64 (call $stream-new))))
    unreachable)
  (func (export "[callback][async-lift]dormouse:background/background-task@0.1.0#run") (param $event i32) (param $of i32) (param $code i32) (result i32)
    unreachable))
