;; Wants objects that are collected.
(component
  (core module (type (struct (field i32)))))
