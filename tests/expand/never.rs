#[traced]
fn serve(self) -> ! {
    loop {
        self.accept();
    }
}
