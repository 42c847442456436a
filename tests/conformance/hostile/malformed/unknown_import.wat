;; Imports what no host has.
(component
  (import "evil:host/escape@1.0.0" (instance (export "now" (func)))))
