//! Components that are small, and valid, and made to keep a compiler busy.

/// Takes many seconds to compile, on any machine.
pub(crate) fn slow() -> Vec<u8> {
    component(32, 500_000)
}

/// Takes far more memory to compile than it has bytes.
pub(super) fn large() -> Vec<u8> {
    component(1, 1_500_000)
}

/// A component with `functions` functions, each of `calls` calls.
fn component(functions: usize, calls: usize) -> Vec<u8> {
    // No locals, calls of the first function, the end.
    self::functions(functions, &[&[0], [0x10, 0].repeat(calls).as_slice(), &[0x0b]].concat())
}

/// A component with this many core functions of one body; they take and answer nothing.
pub(crate) fn functions(count: usize, body: &[u8]) -> Vec<u8> {
    module(&[
        (1, vec![1, 0x60, 0, 0]),
        (3, [leb(count), vec![0; count]].concat()),
        (10, [leb(count), sized(body).repeat(count)].concat()),
    ])
}

/// A component with one core module of these sections.
pub(crate) fn module(sections: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    for (id, content) in sections {
        module.extend(section(*id, content));
    }
    [b"\0asm\x0d\0\x01\0".as_slice(), &section(1, &module)].concat()
}

pub(crate) fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [vec![id], sized(content)].concat()
}

pub(crate) fn sized(content: &[u8]) -> Vec<u8> {
    [leb(content.len()), content.to_vec()].concat()
}

pub(crate) fn leb(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}
