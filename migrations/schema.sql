-- What all files of this folder, replayed on an empty database, end in. Read it; a test keeps it equal.

