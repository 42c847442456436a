;; world: with-things-sync
;; Makes resources of its own until it may have no more handles.
(module
  (import "[export]local:attack/things" "[resource-new]thing" (func $new (param i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "local:attack/things#pass") (param i32 i32 i32))
  (func (export "local:attack/things#[dtor]thing") (param i32))
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (loop $more
      (drop (call $new (i32.const 7)))
      (br $more))
    unreachable))
