//! Components that are small, and valid, and made to keep a compiler busy.

/// Takes many seconds to compile, on any machine.
pub(super) fn slow() -> Vec<u8> {
    component(32, 500_000)
}

/// Takes far more memory to compile than it has bytes.
pub(super) fn large() -> Vec<u8> {
    component(1, 1_500_000)
}

/// A component with `functions` functions, each of `calls` calls.
fn component(functions: usize, calls: usize) -> Vec<u8> {
    // No locals, calls of the first function, the end.
    let mut code = vec![0];
    code.extend([0x10, 0].repeat(calls));
    code.push(0x0b);
    let code = sized(&code);

    let mut module = b"\0asm\x01\0\0\0".to_vec();
    module.extend(section(1, &[1, 0x60, 0, 0]));
    module.extend(section(3, &[leb(functions), vec![0; functions]].concat()));
    module.extend(section(10, &[leb(functions), code.repeat(functions)].concat()));

    let mut component = b"\0asm\x0d\0\x01\0".to_vec();
    component.extend(section(1, &module));
    component
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [vec![id], sized(content)].concat()
}

fn sized(content: &[u8]) -> Vec<u8> {
    [leb(content.len()), content.to_vec()].concat()
}

fn leb(mut value: usize) -> Vec<u8> {
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
