;; Imports a function that the contract does not have.
(component
  (import "dormouse:background/instance@0.1.0" (instance (export "escape" (func))))
  (instance $task)
  (export "dormouse:background/background-task-sync@0.1.0" (instance $task)))
