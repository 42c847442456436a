;; world: with-things-sync
;; Spins in the destructor of a resource of its own.
(module
  (import "[export]local:attack/things" "[resource-new]thing" (func $new (param i32) (result i32)))
  (import "[export]local:attack/things" "[resource-drop]thing" (func $drop (param i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "local:attack/things#pass") (param i32 i32 i32))
  (func (export "local:attack/things#[dtor]thing") (param i32) (loop $forever (br $forever)))
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (call $drop (call $new (i32.const 7)))
    (i32.const 0)))
