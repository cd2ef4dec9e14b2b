//! The part that an event has in the life of its process: it started, it ended, or it did something of a kind.

/// The kinds of activity of a process that are counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ActivityKind {
    /// A network connection.
    Connection,
    /// A DNS query.
    Dns,
    /// A file created, changed, deleted, or a stream of one.
    File,
    /// A key or value of the registry.
    Registry,
    /// The load of an image.
    Image,
    /// Another process opened.
    ProcessAccess,
    /// A thread created in another process.
    RemoteThread,
    /// A named pipe.
    Pipe,
    /// Anything else.
    Other,
}

impl ActivityKind {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::Connection,
        Self::Dns,
        Self::File,
        Self::Registry,
        Self::Image,
        Self::ProcessAccess,
        Self::RemoteThread,
        Self::Pipe,
        Self::Other,
    ];

    /// The key of its count in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connection => "connections",
            Self::Dns => "dns",
            Self::File => "files",
            Self::Registry => "registry",
            Self::Image => "images",
            Self::ProcessAccess => "process_access",
            Self::RemoteThread => "remote_threads",
            Self::Pipe => "pipes",
            Self::Other => "other",
        }
    }
}

/// The part that an event has in the life of its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifeEvent {
    /// The process started.
    Start,
    /// It ended.
    Exit,
    /// It did something.
    Did(ActivityKind),
}
