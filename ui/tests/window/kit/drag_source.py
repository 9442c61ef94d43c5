"""A small window that offers files for dragging, as a file manager does: X Y FILE…

Prints `ready` when it can be dragged from, then what becomes of the drag."""
import pathlib
import sys

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk


def say(word):
    print(word, flush=True)


def main():
    left, top = int(sys.argv[1]), int(sys.argv[2])
    addresses = [pathlib.Path(name).resolve().as_uri() for name in sys.argv[3:]]
    window = Gtk.Window(title="files", default_width=120, default_height=60)
    window.set_keep_above(True)
    handle = Gtk.EventBox()
    handle.add(Gtk.Label(label="files"))
    handle.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
    handle.drag_source_add_uri_targets()
    handle.connect("drag-data-get", lambda widget, context, data, info, time: data.set_uris(addresses))
    handle.connect("drag-end", lambda widget, context: say("end"))
    window.add(handle)
    window.connect("map-event", lambda widget, event: say("ready"))
    window.connect("destroy", Gtk.main_quit)
    window.show_all()
    window.move(left, top)
    Gtk.main()


main()
