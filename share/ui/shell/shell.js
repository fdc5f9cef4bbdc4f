// The trusted page around a sealed view.
