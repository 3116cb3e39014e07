/// How the connections of a pool stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolStatus {
    /// What they are for, in a word.
    pub name: &'static str,
    /// How many work for somebody.
    pub busy: u32,
    /// How many are open and wait for somebody.
    pub idle: u32,
    /// How many there may be; whoever comes when all are busy waits.
    pub most: u32,
}
