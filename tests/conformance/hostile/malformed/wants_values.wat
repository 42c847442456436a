;; Wants to import a value.
(component
  (import "value" (value u32)))
