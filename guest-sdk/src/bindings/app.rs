//! The world `app`. What it has in common with the world `task` is bound once, there, so that a run is one type in both.

wit_bindgen::generate!({
    path: "wit",
    world: "app",
    with: {
        "dormouse:background/types@0.1.0": crate::bindings::dormouse::background::types,
        "dormouse:background/instance@0.1.0": crate::bindings::dormouse::background::instance,
        "dormouse:background/waiting@0.1.0": crate::bindings::dormouse::background::waiting,
        "dormouse:background/registration@0.1.0": crate::bindings::dormouse::background::registration,
        "dormouse:background/sockets@0.1.0": crate::bindings::dormouse::background::sockets,
    },
    pub_export_macro: true,
    export_macro_name: "export_app",
    default_bindings_module: "::dormouse_guest::__private::app::bindings",
});
