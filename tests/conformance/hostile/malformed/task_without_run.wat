;; Exports a task that has no function.
(component
  (instance $task)
  (export "dormouse:background/background-task-sync@0.1.0" (instance $task)))
