"""Who gets a message: any spelling in; a number of E.164, a name, or a reason out."""
