// Runs the code of a live view, without a document.
