;; Wants error contexts.
(component
  (core func (canon error-context.drop)))
