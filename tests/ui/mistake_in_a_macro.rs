use otel_runtime::traced;

macro_rules! operations {
    ($($name:ident: $kind:ident),*) => {$(
        #[traced(kind = $kind)]
        fn $name() {}
    )*};
}

operations!(place_order: server, charge: clinet);

fn main() {
    place_order();
    charge();
}
