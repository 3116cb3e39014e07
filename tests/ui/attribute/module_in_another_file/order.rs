pub type Context = ();
