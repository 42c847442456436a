;; world: with-things
;; Passes itself texts of a stream, which lie where no text is.
(module
  (import "[export]dormouse:background/background-task@0.1.0" "[task-return]run" (func $task-return (param i32 i32 i32 i32)))
  (import "[export]local:attack/things" "[stream-new-2]pass" (func $texts-new (result i64)))
  (import "[export]local:attack/things" "[async-lower][stream-read-2]pass" (func $texts-read (param i32 i32 i32) (result i32)))
  (import "[export]local:attack/things" "[async-lower][stream-write-2]pass" (func $texts-write (param i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (data (i32.const 2048) "\ff\ff\ff\7f\ff\ff\ff\7f")
  (func (export "local:attack/things#pass") (param i32 i32 i32))
  (func (export "[async-lift]dormouse:background/background-task@0.1.0#run") (param $run i32) (result i32)
    (local $ends i64)
    (local.set $ends (call $texts-new))
    (drop (call $texts-read (i32.wrap_i64 (local.get $ends)) (i32.const 1024) (i32.const 1)))
    (drop (call $texts-write (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))) (i32.const 2048) (i32.const 1)))
    unreachable)
  (func (export "[callback][async-lift]dormouse:background/background-task@0.1.0#run") (param $event i32) (param $of i32) (param $code i32) (result i32)
    unreachable))
