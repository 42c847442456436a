;; Wants threads.
(component
  (core type $start (func (param i32)))
  (core func (canon thread.spawn-ref $start)))
