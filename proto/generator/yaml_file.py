"""YAML files as mappings that know where they stand, and the report of mistakes found in them."""
import os
import re

import yaml

NAME = re.compile(r"[a-z][a-z0-9_]*")


class Map(dict):
    """A YAML mapping that knows where it stands."""
    line = 0
    file = "?"


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML as JSON has it: only true and false are booleans, dates are text, a key may stand once."""
    file = "?"
    yaml_implicit_resolvers = {}


Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:null|~|)$"), ["n", "~", ""])
Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]*)$"), list("-0123456789"))
Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^-?[0-9]+\.[0-9]+$"), list("-0123456789"))


def construct_map(loader, node):
    result = Map()
    result.line = node.start_mark.line + 1
    result.file = loader.file
    yield result
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in result:
            raise yaml.constructor.ConstructorError(None, None, f"key '{key}' stands twice", key_node.start_mark)
        result[key] = loader.construct_object(value_node, deep=True)


Loader.add_constructor("tag:yaml.org,2002:map", construct_map)


class Report:
    """Mistakes found, by service ('common' breaks everything)."""
    def __init__(self):
        self.messages = []
        self.broken = set()

    def error(self, service, where, message):
        place = f"{where.file}:{where.line}" if isinstance(where, Map) else str(where)
        text = f"{place}: {message}"
        if text not in self.messages:
            self.messages.append(text)
        self.broken.add(service)


class Mistake(Exception):
    """A mistake that stops the checking of what contains it."""
    def __init__(self, where, message):
        super().__init__(message)
        self.where, self.message = where, message


def load_yaml(file, name, report):
    """The root mapping of a file, or None with the mistake reported."""
    shown = os.path.relpath(file)
    try:
        with open(file, encoding="utf-8") as stream:
            loader = Loader(stream)
            loader.file = shown
            try:
                root = loader.get_single_data()
            finally:
                loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        report.error(name, f"{shown}:{mark.line + 1 if mark else 1}", getattr(error, "problem", None) or str(error))
        return None
    except OSError as error:
        report.error(name, shown, error.strerror)
        return None
    if not isinstance(root, Map):
        report.error(name, f"{shown}:1", "is empty: a mapping is expected")
        return None
    return root


def known(report, service, node, keys, what):
    for key in node:
        if key not in keys:
            report.error(service, node, f"unknown key '{key}' in {what}; known are {', '.join(sorted(keys))}")
