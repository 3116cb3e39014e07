//! What a definition tells about a workflow: the schemas of all that is stored, and what is done with them.

mod schemas;
