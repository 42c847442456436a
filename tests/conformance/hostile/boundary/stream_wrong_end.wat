;; world: with-things
;; Writes to the end of a stream that is for reading.
(module
  (import "[export]dormouse:background/background-task@0.1.0" "[task-return]run" (func $task-return (param i32 i32 i32 i32)))
  (import "[export]local:attack/things" "[stream-new-0]pass" (func $stream-new (result i64)))
  (import "[export]local:attack/things" "[async-lower][stream-write-0]pass" (func $stream-write (param i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "local:attack/things#pass") (param i32 i32 i32))
  (func (export "[async-lift]dormouse:background/background-task@0.1.0#run") (param $run i32) (result i32)
    (drop (call $stream-write (i32.wrap_i64 (call $stream-new)) (i32.const 1024) (i32.const 16)))
    unreachable)
  (func (export "[callback][async-lift]dormouse:background/background-task@0.1.0#run") (param $event i32) (param $of i32) (param $code i32) (result i32)
    unreachable))
